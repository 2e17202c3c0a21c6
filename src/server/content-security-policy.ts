/**
 * What the page may do: run and show what its node serves, and call that node and the others. Nothing in a message
 * can become a script, a style, a form or a request to anyone else. `webServers`: URLs of the cluster's nodes.
 */
export function contentSecurityPolicy(webServers: readonly string[]): string {
  const nodes = webServers.map(source).filter((one) => one !== undefined);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    ['connect-src', "'self'", ...new Set(nodes)].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types service-worker',
  ].join('; ');
}

/** The origin alone, as a policy has no paths here, and as nothing else in a URL may end up in a header. */
function source(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin, port } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  // A policy can't name an address of IPv6.
  return origin.includes('[') ? `${protocol}//*${port && `:${port}`}` : origin;
}
