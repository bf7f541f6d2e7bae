import type { Resolved } from '../connections';
import { CHANNEL_DEFAULTS, WireChannel, type ChannelOptions, type UnaryOptions } from './channel';
import { endpointOf } from './endpoint';

/** Unary calls over several channels, which spread over the addresses of the target's name. */
export class WireConnection {
  private readonly channels: readonly WireChannel[];
  private next = 0;

  constructor(resolved: Resolved, namespace: string, channels = 1, options: Partial<ChannelOptions> = {}) {
    const endpoint = endpointOf(resolved, namespace);
    this.channels = Array.from(
      { length: channels },
      (_, place) => new WireChannel(endpoint, place, { ...CHANNEL_DEFAULTS, ...options }),
    );
  }

  /** One call on the next channel; see {@link WireChannel.unary}. */
  unary(method: string, frame: Buffer, options: UnaryOptions): Promise<Buffer> {
    return this.channels[this.next++ % this.channels.length]!.unary(method, frame, options);
  }

  get active(): number {
    return this.channels.reduce((sum, channel) => sum + channel.active, 0);
  }

  async close(graceMs?: number): Promise<void> {
    await Promise.all(this.channels.map((channel) => channel.close(graceMs)));
  }
}
