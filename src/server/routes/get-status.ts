import { ClusterService } from '../../api/holdfast/v1/cluster_pb.js';
import { maxPageSize } from '../../chat/paging.js';
import { maxTextBytes } from '../../chat/message-store.js';
import { authenticate } from '../authenticate.js';
import { unary } from '../route.js';

export const getStatus = unary(ClusterService.method.getStatus, 'read', async (call) => {
  await authenticate(call);
  const { quotaBytes } = call.cluster;
  const status = await call.cluster.status();
  return {
    ...status,
    nodes: [...status.nodes],
    limits: { quotaBytes: BigInt(quotaBytes), textBytes: maxTextBytes, pageSize: maxPageSize },
  };
});
