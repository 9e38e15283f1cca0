import { expect, test } from 'vitest';
import { countedAddress } from './rateLimit.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['an IPv4 address in IPv6 is itself', '::ffff:203.0.113.9', '203.0.113.9'],
  ['and so is one in hexadecimal', '::ffff:cb00:7109', '203.0.113.9'],
  ['an IPv6 address counts by its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['however it is written', '2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['with a zone', 'fe80::1%eth0', 'fe80::/64'],
  ['with the port that some proxies add', '203.0.113.9:50412', '203.0.113.9'],
  ['and in brackets', '[2001:db8:1:2::9]:50412', '2001:db8:1:2::/64'],
  ['what is no address is one for all', 'unknown', 'unknown'],
  ['or anything else', "x' OR 1=1", 'unknown'],
  ['or octal or decimal, which are no addresses', '0313.0.0161.9', 'unknown'],
  ['or nothing', '', 'unknown'],
])('%s: %s', (...row) => {
  const [address = '', counted] = row.slice(-2);
  expect(countedAddress(address)).toBe(counted);
});
