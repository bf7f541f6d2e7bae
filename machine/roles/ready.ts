/** The message that a role process sends to its supervisor when it polls. */
export interface RoleReady {
  readonly ready: string;
  /** The loopback port of its metrics. */
  readonly metricsPort: number;
}
