import { timingSafeEqual } from 'node:crypto';
import { NodeService } from '../../api/holdfast/internal/v1/node_pb.js';
import { ChatError } from '../../chat/chat-error.js';
import { unary } from '../route.js';

export const getNode = unary(NodeService.method.getNode, 'read', async ({ authorization, cluster }) => {
  const shown = Buffer.from(authorization ?? '');
  const expected = Buffer.from(`Bearer ${cluster.secret ?? ''}`);
  const known = cluster.secret !== undefined && shown.length === expected.length;
  if (!known || !timingSafeEqual(shown, expected)) throw new ChatError('TOKEN_MALFORMED');
  return { node: await cluster.node() };
});
