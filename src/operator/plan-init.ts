import type { Command } from 'commander';

export function registerPlanInit(_plan: Command): void {}
