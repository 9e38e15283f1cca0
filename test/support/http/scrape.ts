/** A scrape of /metrics, read by series. */

export interface Scrape {
  text: string;
  contentType: string;
  /** Value of one series; undefined when there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
  /** Names of all series but those of garbage collection, which begin when there was one. */
  names(): Set<string>;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? ([^ #]+)/;

function labelsOf(text = ''): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k, v]) => [k, v]),
  );
}

export async function scrape(url: string, accept?: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`, accept ? { headers: { accept } } : {});
  const text = await response.text();
  const series = text.split('\n').flatMap((line) => {
    const match = line.startsWith('#') ? null : LINE.exec(line);
    return match ? [{ name: match[1]!, labels: labelsOf(match[2]), value: Number(match[3]) }] : [];
  });
  return {
    text,
    contentType: response.headers.get('content-type') ?? '',
    value(name, labels = {}) {
      const wanted = Object.entries(labels);
      return series.find(
        (one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value),
      )?.value;
    },
    names: () =>
      new Set(series.map(({ name }) => name).filter((name) => !name.startsWith('nodejs_gc_'))),
  };
}
