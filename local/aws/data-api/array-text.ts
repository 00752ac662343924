export type ArrayElement = string | null | readonly ArrayElement[];

/** Reads PostgreSQL's text form of an array, `{a,"b,c",NULL,{…}}`; bounds in front (`[0:1]={…}`) are dropped. */
export function parseArrayText(text: string): readonly ArrayElement[] {
  const start = text.indexOf('{');
  const reader = { text, at: start + 1 };
  return elements(reader);
}

interface Reader {
  readonly text: string;
  at: number;
}

function elements(reader: Reader): ArrayElement[] {
  const found: ArrayElement[] = [];
  for (;;) {
    const character = reader.text[reader.at];
    if (character === undefined) return found;
    if (character === '}') {
      reader.at++;
      return found;
    }
    if (character === ',') reader.at++;
    else if (character === '{') {
      reader.at++;
      found.push(elements(reader));
    } else if (character === '"') found.push(quoted(reader));
    else found.push(bare(reader));
  }
}

const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;

function quoted(reader: Reader): string {
  QUOTED.lastIndex = reader.at;
  const match = QUOTED.exec(reader.text);
  reader.at = match === null ? reader.text.length : QUOTED.lastIndex;
  return (match?.[1] ?? '').replace(/\\([^])/g, '$1');
}

const BARE = /[^,}]*/y;

function bare(reader: Reader): string | null {
  BARE.lastIndex = reader.at;
  const word = BARE.exec(reader.text)?.[0] ?? '';
  reader.at += word.length;
  return word === 'NULL' ? null : word;
}
