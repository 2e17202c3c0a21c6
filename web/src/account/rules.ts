// The servers' rules (proto/holdfast/v1/account.proto), told while a person can still change what is typed.

const usernamePattern = /^[A-Za-z0-9._-]+$/;
const minPasswordBytes = 8;
const maxPasswordBytes = 1_024;

/** What is wrong with a new username; undefined when nothing is. */
export function usernameProblem(username: string): string | undefined {
  if (username === '') return 'Choose a username.';
  if (username.length > 32) return 'At most 32 characters.';
  if (!usernamePattern.test(username)) return 'Only letters, digits, dots, dashes and underscores.';
  return undefined;
}

/** What is wrong with a new password; undefined when nothing is. */
export function passwordProblem(password: string): string | undefined {
  const { length } = new TextEncoder().encode(password);
  if (length < minPasswordBytes) return 'At least 8 characters.';
  if (length > maxPasswordBytes) return 'At most 1,024 bytes.';
  return undefined;
}
