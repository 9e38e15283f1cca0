/** The task queues: one definition for workers, API, metrics and manifests. */
export const TASK_QUEUE_BOOTSTRAP = 'bootstrap';

/** The people of organizations: invitations and single sign-on. */
export const TASK_QUEUE_USERS = 'users';
