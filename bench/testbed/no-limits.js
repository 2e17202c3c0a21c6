// What a server's configuration has under `limits` for a benchmark: it is more than one caller may ask for.
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
