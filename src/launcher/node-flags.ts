/**
 * For the program that runs a node, in MiB. Node.js begins with 1: much of what a node with many calls under way makes
 * outlives so small a nursery, and is copied again and again (docs/decisions/replicated-store.md).
 */
export const nodeFlags = ['--min-semi-space-size=16', '--max-semi-space-size=32'] as const;
