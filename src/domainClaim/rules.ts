/**
 * E-mail domains of organizations: which ones can be claimed, and how ownership is proved in DNS.
 */

/** Public mail domains: anybody can have an address there, so no organization can own them. */
const CONSUMER_DOMAINS: ReadonlySet<string> = new Set(
  `126.com 163.com aim.com aol.com aol.de att.net bellsouth.net bigpond.com bluewin.ch btinternet.com
   charter.net comcast.net cox.net duck.com earthlink.net fastmail.com fastmail.fm free.fr
   freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk
   hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com
   juno.com laposte.net libero.it live.co.uk live.com live.de live.fr mac.com mail.com mail.de
   mail.ru me.com msn.com naver.com orange.fr outlook.com outlook.de outlook.es outlook.fr
   pm.me posteo.de proton.me protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com
   sbcglobal.net sfr.fr sina.com sky.com t-online.de talktalk.net tuta.io tutanota.com uol.com.br
   verizon.net virgilio.it wanadoo.fr web.de yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk
   yahoo.com yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru
   yeah.net ymail.com zoho.com zohomail.com`.split(/\s+/),
);

export type DomainRefusal = 'malformed' | 'consumer' | 'platform';

const isWithin = (domain: string, zone: string): boolean =>
  domain === zone || domain.endsWith(`.${zone}`);

/**
 * @param domain as DNS encodes it; undefined for what is no domain name. @param platformDomain zone of the platform itself.
 * @returns why the domain cannot be claimed, or undefined when it can.
 */
export function refusalOfDomain(
  domain: string | undefined,
  platformDomain: string,
): DomainRefusal | undefined {
  if (domain === undefined) return 'malformed';
  if (CONSUMER_DOMAINS.has(domain)) return 'consumer';
  return isWithin(domain, platformDomain) ? 'platform' : undefined;
}

/** Name of the TXT record: its own label below the domain, so that no other record changes. */
export const challengeNameOf = (domain: string): string => `_a4c-challenge.${domain}`;

/** Required value of the TXT record. */
export const challengeValueOf = (challenge: string): string =>
  `a4c-domain-verification=${challenge}`;
