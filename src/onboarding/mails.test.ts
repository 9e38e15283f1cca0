import { expect, test } from 'vitest';
import { verificationTimedOutMail } from './mails.ts';

test('the mail to support lists the three decisions', () => {
  const { text } = verificationTimedOutMail({
    orgId: 'o1',
    organizationName: 'Acme',
    domain: 'acme.example.com',
    attempts: 4,
  });
  for (const signal of ['retry-dns', 'skip-dns', 'abort']) {
    expect(text).toContain(`/api/v1/workflows/org-bootstrap-o1/signals/${signal}`);
  }
});
