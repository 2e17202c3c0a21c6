type Policies = {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => {
    createScriptURL: (url: string) => unknown;
  };
};

/** Has the browser keep the page's own files (worker/service-worker.ts), where it lets pages do that. */
export async function keepPage(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const { trustedTypes } = window as { trustedTypes?: Policies };
  // The only address that the page's policy lets become a script.
  const createScriptURL = () => '/service-worker.js';
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL });
  const url = policy ? policy.createScriptURL('') : createScriptURL();
  try {
    await navigator.serviceWorker.register(url as string);
  } catch {
    // A browser that keeps nothing, or a page without HTTPS: it has to be loaded from a node each time.
  }
}
