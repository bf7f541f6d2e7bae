/** What a role process tells its supervisor once it polls. */
export interface RoleReady {
  readonly ready: string;
  /** Where it serves its metrics, on loopback. */
  readonly metricsPort: number;
}
