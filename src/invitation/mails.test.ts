import { expect, test } from 'vitest';
import { invitationMail } from './mails.ts';

test('the invitation escapes every value, and its link contains the token', () => {
  const content = invitationMail({
    firstName: '<img src=x>',
    organizationName: 'A & "B"\r\nBcc: eve@example.com',
    frontendUrl: 'https://app.example.com/',
    token: 'tok-en_1',
    expiresAt: '2026-12-02T10:00:00.000Z',
  });
  expect(content.html).not.toContain('<img');
  expect(content.html).toContain('A &amp; &quot;B&quot;');
  expect(content.subject).not.toMatch(/[\r\n]/);
  expect(content.text).toContain('https://app.example.com/accept-invitation?token=tok-en_1');
  expect(content.text).toContain('December 2, 2026');
});
