/**
 * What a server's configuration has under `limits` for a test or a benchmark that asks for more than one caller may.
 * JavaScript, as benchmarks take it as it is.
 */
export const noLimits = {
  account_creations: false,
  failed_logins: false,
  calls: false,
  sends: false,
  sent_bytes: false,
  session_streams: false,
  streams: false,
  address_connections: false,
  connections: false,
};
