/** Messages by link and kind, for the inspector: whole numbers that grow, and nothing of what a message said. */
import type { LinkId } from '../../net/types.ts';

/** Of one kind of message on one link. */
export interface KindFigures {
  sent: number;
  received: number;
  bytesSent: number;
  bytesReceived: number;
}

export class Traffic {
  /** Kinds are those of the codec, some thirty: nobody at the other end can make new ones. */
  readonly #links = new Map<LinkId, Map<string, KindFigures>>();

  sent(link: LinkId, kind: string, bytes: number): void {
    const figures = this.#of(link, kind);
    figures.sent++;
    figures.bytesSent += bytes;
  }

  received(link: LinkId, kind: string, bytes: number): void {
    const figures = this.#of(link, kind);
    figures.received++;
    figures.bytesReceived += bytes;
  }

  unlinked(link: LinkId): void {
    this.#links.delete(link);
  }

  of(link: LinkId): ReadonlyMap<string, Readonly<KindFigures>> {
    return this.#links.get(link) ?? NONE;
  }

  #of(link: LinkId, kind: string): KindFigures {
    let kinds = this.#links.get(link);
    if (!kinds) this.#links.set(link, (kinds = new Map()));
    let figures = kinds.get(kind);
    if (!figures) {
      figures = { sent: 0, received: 0, bytesSent: 0, bytesReceived: 0 };
      kinds.set(kind, figures);
    }
    return figures;
  }
}

const NONE: ReadonlyMap<string, KindFigures> = new Map();
