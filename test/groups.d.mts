export type TestGroup = 'unit' | 'engines' | 'explorer' | 'scenarios';

export function testGroups(): Readonly<Record<TestGroup, readonly string[]>>;
export function wayToStarter(test: string): readonly string[] | null;
