/** A member certifies its devices and revokes them; both are entries of the directory, each made in a session of its own. */
import type { VoteKey } from '../../codec/brand.ts';
import type { CborValue } from '../../codec/cbor.ts';
import { encodeDevice, type DeviceKey } from '../../codec/device.ts';
import { formatDeviceGrant, parseDeviceGrant, parseDeviceRequest } from '../../codec/device-text.ts';
import { fail, ok } from '../../codec/result.ts';
import { certifierIn, certifyDevice, deviceRequestBytes } from '../../crypto/device.ts';
import { directoryKey, type DeviceEntry } from '../../domain/supply/directory.ts';
import { DIRECTORY_SERVICES } from '../../domain/supply/types.ts';
import type { ActionError, DevicesApi, HandOffApi } from '../api.ts';
import { systemClock } from '../clock.ts';
import type { DirectoryIndex } from '../directory.ts';
import type { ReplicaParts } from '../open-replica.ts';

export function createOwnDevices(
  { replica, genesis, binding, member, place, device, signer, tools }: ReplicaParts,
  directory: Pick<DirectoryIndex, 'list' | 'certificateOf'>,
  runAlone: HandOffApi['runAlone'],
  /** As text (src/codec/invitation.ts). */
  invitation: () => string,
): DevicesApi {
  const wallClock = (): number => Math.trunc(systemClock.wall());
  const entryOf = (key: string): DeviceEntry | undefined =>
    directory
      .list()
      .flatMap(({ entry }) => (entry.kind === 'device' ? [entry] : []))
      .find((entry) => entry.id === key);

  /** The member had another key when it certified the device. */
  const isOfOldKey = async (key: DeviceKey): Promise<boolean> => {
    const certificate = directory.certificateOf(key);
    return certificate !== undefined && (await certifierIn(certificate, [member], tools.ed25519)) === null;
  };

  return {
    async certifyDevice({ request: shown, operator }) {
      if (device !== null) return fail(notTheMember(member.organisation, 'certified'));
      const request = parseDeviceRequest(shown);
      if (!request.ok) return fail({ type: 'text-unreadable', message: request.error.message });
      const { device: key, name, signature } = request.value;
      const isHeld = await tools.ed25519.verify(
        key as string as VoteKey,
        deviceRequestBytes(key, name),
        signature,
      );
      if (!isHeld) {
        return fail({
          type: 'text-unreadable',
          message: `The request of the device “${name}” is not signed by its key. Show its code again and scan it whole.`,
        });
      }
      if (genesis.members.some((one) => (one.voteKey as string) === key)) {
        return fail({
          type: 'text-unreadable',
          message: `The key of the device “${name}” is a member's own. Make a new key on the device.`,
        });
      }
      const entry = entryOf(key);
      if (entry && entry.sponsor !== member.id) {
        return fail({
          type: 'device-of-another',
          message: `The key of the device “${name}” stands in the directory as one of ${entry.sponsor}. Make a new key on the device, and show its code again.`,
        });
      }
      if (entry && entry.revokedAt !== null) {
        return fail({
          type: 'device-revoked',
          message: `The device “${entry.name}” was revoked, and its key stays so. Make a new key on the device.`,
        });
      }
      const claim = { network: binding.network, member: place, device: key, name, notBefore: wallClock() };
      const certificate = await certifyDevice(signer, claim);
      const text = formatDeviceGrant(certificate, invitation());
      if (!parseDeviceGrant(text).ok) {
        return fail({
          type: 'text-too-long',
          message:
            'The invitation that goes with the certificate is too long to be read again. Remove signaling addresses in the settings, and certify the device again.',
        });
      }
      const body = { certificate: encodeDevice(certificate), proof: signature, at: wallClock() };
      const session = entry
        ? ok(null)
        : await runAlone(
            directoryKey('device', key),
            { method: 'POST', path: DIRECTORY_SERVICES.add, body: body as unknown as CborValue },
            operator,
          );
      return ok({
        text,
        device: key,
        name,
        session,
      });
    },

    async revokeDevice({ device: key, reason, operator }) {
      if (device !== null) return fail(notTheMember(member.organisation, 'revoked'));
      const entry = entryOf(key);
      if (!entry) {
        return fail({
          type: 'device-unknown',
          message: `The device ${key.slice(0, 8)}… is not in the directory, so it cannot be revoked yet. Enter it first: have it show its code, and certify it again.`,
        });
      }
      const body = { keyId: null, reason, at: wallClock() };
      return runAlone(
        directoryKey('device', key),
        { method: 'POST', path: DIRECTORY_SERVICES.revoke, body },
        operator,
      );
    },

    async ownDevices() {
      const linked = new Set([...replica.devices.values()].map((link) => link.device?.device as string));
      const own = directory
        .list()
        .flatMap(({ entry }) => (entry.kind === 'device' && entry.sponsor === member.id ? [entry] : []));
      return Promise.all(
        own
          .sort((a, b) => b.notBefore - a.notBefore || (a.id < b.id ? -1 : 1))
          .map(async (entry) => ({
            key: entry.id as DeviceKey,
            name: entry.name,
            certifiedAt: entry.notBefore,
            revokedAt: entry.revokedAt,
            reason: entry.reason,
            linked: linked.has(entry.id),
            self: device !== null && (device.device as string) === entry.id,
            oldKey: !linked.has(entry.id) && (await isOfOldKey(entry.id as DeviceKey)),
          })),
      );
    },
  };
}

const notTheMember = (organisation: string, what: string): ActionError => ({
  type: 'not-the-member',
  message: `Devices are ${what} where ${organisation}’s own key is. Open the network there.`,
});
