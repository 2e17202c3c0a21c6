import type { ReactNode } from 'react';

// Drawn on a grid of 20 with strokes of 1.6; decoration only, what they mean is said by the element around them.

function Icon({ size = 20, children }: { readonly size?: number; readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

type IconProps = { readonly size?: number };

export function SearchIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <circle cx="8.8" cy="8.8" r="5.3" />
      <path d="m12.8 12.8 4 4" />
    </Icon>
  );
}

export function BackIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M12 4.5 6.5 10l5.5 5.5" />
    </Icon>
  );
}

export function CloseIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="m5 5 10 10M15 5 5 15" />
    </Icon>
  );
}

export function SendIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M10 16V4.500M5 9.200l5-5 5 5" />
    </Icon>
  );
}

export function DownIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M10 4v11.500M5 10.800l5 5 5-5" />
    </Icon>
  );
}

export function MoreIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path strokeWidth="2.6" d="M4.5 10h.01M10 10h.01M15.5 10h.01" />
    </Icon>
  );
}

export function CheckIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="m4.5 10.5 3.6 3.6 7.4-8" />
    </Icon>
  );
}

export function ClockIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <circle cx="10" cy="10" r="6.5" />
      <path d="M10 6.500V10l2.3 1.6" />
    </Icon>
  );
}

export function AlertIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <circle cx="10" cy="10" r="7" />
      <path d="M10 6.500v4.200M10 13.600h.01" />
    </Icon>
  );
}

export function TrashIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M4 5.800h12M8 5.800V4h4v1.800M5.5 5.800l.7 10.200h7.600l.7-10.200M8.4 8.800v4.400M11.6 8.800v4.4" />
    </Icon>
  );
}

export function CopyIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <rect x="7" y="7" width="9" height="9" rx="2" />
      <path d="M13 7V5.500A1.5 1.5 0 0 0 11.5 4h-6A1.5 1.5 0 0 0 4 5.500v6A1.5 1.5 0 0 0 5.5 13H7" />
    </Icon>
  );
}

export function SelectIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <rect x="3.8" y="3.8" width="12.4" height="12.4" rx="3.5" />
      <path d="m7 10.2 2.2 2.2 4-4.6" />
    </Icon>
  );
}

export function SettingsIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M3.5 6h7M14.5 6h2M3.5 14h2M9.5 14h7" />
      <circle cx="12.5" cy="6" r="2" />
      <circle cx="7.5" cy="14" r="2" />
    </Icon>
  );
}

export function KeyboardIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <rect x="2.5" y="5" width="15" height="10" rx="2" />
      <path d="M5.8 8.300h.01M8.6 8.300h.01M11.4 8.300h.01M14.2 8.300h.01M7 11.800h6" />
    </Icon>
  );
}

export function LogOutIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M8 4H5.500A1.5 1.5 0 0 0 4 5.500v9A1.5 1.5 0 0 0 5.5 16H8M12.5 13.5 16 10l-3.5-3.500M16 10H8" />
    </Icon>
  );
}

export function ClusterIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M10 4 16 8.5 13.7 15.500H6.300L4 8.500Z" opacity=".45" />
      <circle cx="10" cy="4" r="1.9" fill="currentColor" />
      <circle cx="16" cy="8.5" r="1.9" fill="currentColor" />
      <circle cx="13.7" cy="15.5" r="1.9" fill="currentColor" />
      <circle cx="6.3" cy="15.5" r="1.9" fill="currentColor" />
      <circle cx="4" cy="8.5" r="1.9" fill="currentColor" />
    </Icon>
  );
}

export function SmileIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <circle cx="10" cy="10" r="7" />
      <path d="M7 12c.7 1 1.7 1.5 3 1.500s2.3-.5 3-1.500M7.6 8h.01M12.4 8h.01" />
    </Icon>
  );
}

export function BellIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M10 3.500a4.5 4.5 0 0 0-4.5 4.500c0 4-1.5 5-1.5 5h12s-1.5-1-1.5-5A4.5 4.5 0 0 0 10 3.500ZM8.5 15.500a1.6 1.6 0 0 0 3 0" />
    </Icon>
  );
}

export function EyeIcon(props: IconProps) {
  return (
    <Icon {...props}>
      <path d="M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Z" />
      <circle cx="10" cy="10" r="2.3" />
    </Icon>
  );
}
