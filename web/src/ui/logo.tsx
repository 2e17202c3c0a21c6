/** Five nodes of which two may fail. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="16" fill="#17586b" />
      <path
        d="M32 15 50 28 43 48H21L14 28Z"
        fill="none"
        stroke="#fff"
        strokeWidth="3.4"
        strokeLinejoin="round"
        opacity=".4"
      />
      <g fill="#fff">
        <circle cx="32" cy="15" r="6.2" />
        <circle cx="49.5" cy="28" r="6.2" />
        <circle cx="14.5" cy="28" r="6.2" />
      </g>
      <g fill="#17586b" stroke="#fff" strokeWidth="3">
        <circle cx="43" cy="48" r="5" />
        <circle cx="21" cy="48" r="5" />
      </g>
    </svg>
  );
}
