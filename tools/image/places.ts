/**
 * Where compose.yaml's services are when they all run on this machine: its names become
 * 127.0.0.1, its ports free ones. Nothing else of commands and settings is changed.
 */
import { freePort } from '#dev/freePort.ts';
import type { ComposeFile, ComposeService } from './composeFile.ts';

const HOST = '127.0.0.1';
const PORT = /(?<![\d.])\d{4,5}(?![\d.])/g;

export interface Places {
  /** The port that stands for one of compose.yaml. */
  port(number: number): number;
  /** A command's argument, as it is here. */
  localised(text: string): string;
  environmentOf(service: ComposeService): Record<string, string>;
}

/** Ports that a service listens on: published, told to it, or called by others. */
function portsIn({ services }: ComposeFile): Set<string> {
  const texts = Object.values(services).flatMap(({ command, environment, ports }) => [
    ...(command ?? []),
    ...Object.values(environment ?? {}),
    ...(ports ?? []).map(({ target }) => String(target)),
  ]);
  return new Set(texts.flatMap((text) => text.match(PORT) ?? []));
}

export async function createPlaces(compose: ComposeFile): Promise<Places> {
  const ports = new Map<string, number>();
  for (const port of portsIn(compose)) ports.set(port, await freePort());
  const names = Object.keys(compose.services);
  const named = new RegExp(`(?<=^|//|@)(?:${names.join('|')})(?=:\\d)`, 'g');
  const addresses = Object.values(compose.services).flatMap(
    ({ networks }) => networks?.default?.ipv4_address ?? [],
  );
  const localised = (text: string) =>
    addresses
      .reduce((changed, address) => changed.replaceAll(address, HOST), text)
      .replace(named, HOST)
      .replace(PORT, (port) => String(ports.get(port) ?? port));
  return {
    localised,
    port: (number) => ports.get(String(number))!,
    environmentOf: ({ environment = {} }) =>
      Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          // A host alone, its port being a setting of its own.
          names.includes(value) ? HOST : localised(value),
        ]),
      ),
  };
}
