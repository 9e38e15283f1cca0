/** An onboarding with an API and an identity provider: what single sign-on and domains need. */
import { freePort } from '#dev/embedded/freePort.ts';
import { type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { createSsoConfigurations, type SsoConfigurations } from '#sso/store.ts';
import { startApi, type TestApi } from './api.ts';
import { type Onboarding, useOnboarding } from './onboarding.ts';
import { useStarted } from './useStarted.ts';

export interface SsoBench {
  onboarding: Onboarding;
  api: TestApi;
  idp: LoopbackIdp;
  configurations: SsoConfigurations;
}

/** Everything but the worker. @param env of the API. */
export function useSsoBench(env: Record<string, string> = {}): SsoBench {
  const onboarding = useOnboarding();
  const api = useStarted(
    async () => {
      const port = await freePort();
      onboarding.workerEnv.PUBLIC_API_URL = `http://127.0.0.1:${port}`;
      return startApi(onboarding, {
        PORT: String(port),
        SSO_TEST_WAIT_SECONDS: '60',
        DOMAIN_VERIFICATION_LIMIT_SECONDS: '60',
        DOMAIN_VERIFICATION_BACKOFF_SECONDS: '0.1',
        PUBLIC_RATE_LIMIT_PER_MINUTE: '10000',
        ...env,
      });
    },
    (started) => started.stop(),
  );
  const idp = useStarted(startLoopbackIdp, (started) => started.stop());
  const configurations = useStarted(() => createSsoConfigurations(onboarding.database.pool));
  return { onboarding, api, idp, configurations };
}
