import { useEffect, useState } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import type { ClusterStatus, Time } from '../../../src/client/types.js';
import { useSession } from '../session/session-context.js';
import { announce } from '../ui/announcer.js';
import { readingProblem } from '../ui/reading-problem.js';
import { changesBetween } from './cluster-story.js';
import { addLook, lookAt } from './course.js';
import type { Look } from './course.js';

export type Happening = { readonly key: number; readonly time: Time; readonly text: string };

export type ClusterView = {
  /** As it was last seen. */
  readonly status: ClusterStatus | undefined;
  /** Why it can't be seen now; empty when it can. */
  readonly problem: string;
  /** Latest first. */
  readonly happenings: readonly Happening[];
  /** What was seen in the last minutes, the latest last. */
  readonly looks: readonly Look[];
};

/** Milliseconds between two looks. */
const pause = 1_000;
/** Milliseconds after which a look that finds no server is given up. */
const patience = 4_000;
const kept = 30;

/** The cluster, looked at again and again while the page shows it. */
export function useCluster(): ClusterView {
  const { client } = useSession().session;
  const [view, setView] = useState<ClusterView>({
    status: undefined,
    problem: '',
    happenings: [],
    looks: [],
  });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const look = async () => {
      try {
        const status = await client.status({ signal, patience });
        setView((before) => seen(before, status, client.clock.time()));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ClientError)) throw error;
        setView((before) => ({ ...before, problem: readingProblem(error) }));
      }
    };
    const follow = async () => {
      while (!signal.aborted) {
        if (document.visibilityState === 'visible') await look();
        await client.clock.wait(pause, signal);
      }
    };
    void follow();
    return () => stop.abort();
  }, [client]);

  const [latest] = view.happenings;
  const news = latest?.text;
  const key = latest?.key;
  useEffect(() => {
    if (news !== undefined) announce(news);
  }, [news, key]);
  return view;
}

function seen(before: ClusterView, status: ClusterStatus, time: Time): ClusterView {
  const changes = before.status ? changesBetween(before.status, status) : [];
  const first = (before.happenings[0]?.key ?? 0) + 1;
  const fresh = changes.map((text, i) => ({ key: first + i, time, text })).reverse();
  return {
    status,
    problem: '',
    happenings: [...fresh, ...before.happenings].slice(0, kept),
    looks: addLook(before.looks, lookAt(status, time)),
  };
}
