/** The doors of a new terminal or phone: it makes a key, shows it to its member, and joins with what the member hands back. */
import { encodeDevice, NO_LOG, type DeviceKey } from '../codec/device.ts';
import {
  deviceNameProblem,
  formatDeviceRequest,
  parseDeviceGrant,
  parseDeviceRequest,
} from '../codec/device-text.ts';
import { fail, ok } from '../codec/result.ts';
import { certifierIn, deviceProblem, deviceRequestBytes } from '../crypto/device.ts';
import { createSigner, generateSecretKeys, generateWrappingKey, sealSecretKeys } from '../crypto/keys.ts';
import { openIdentity } from '../store/idb-store.ts';
import type { VoteKey } from '../codec/brand.ts';
import type { DoorError, DoorsApi } from './api.ts';
import {
  bind,
  invitedTo,
  learn,
  secretMissing,
  secretOf,
  storage,
  withProfiles,
  type AskDoor,
} from './door-tools.ts';
import { signerOf, toSealed } from './identity-keys.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

type DeviceDoors = Pick<
  DoorsApi,
  'createDeviceKey' | 'deviceRequestOf' | 'readDeviceRequest' | 'joinAsDevice'
>;

export function createDeviceDoors(ask: AskDoor): DeviceDoors {
  return {
    async createDeviceKey(input) {
      const name = input.name.trim();
      const problem = deviceNameProblem(name);
      if (problem !== null) return fail(malformed(problem));
      const { bls } = await sharedTools();
      const keys = generateSecretKeys();
      const signer = await createSigner(keys, bls);
      const wrappingKey = await generateWrappingKey();
      const sealedKeys = toSealed(await sealSecretKeys(keys, wrappingKey));
      keys.voteSeed.fill(0);
      keys.certificateSecret.fill(0);
      const { voteKey, certificateKey } = signer;
      const createdAt = Date.now();
      const db = await openIdentity(voteKey, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
      if (!db.ok) return fail(storage(db.error));
      const created = await db.value.create({
        sealedKeys,
        wrappingKey,
        logId: NO_LOG,
        certificateKey,
        label: name,
        createdAt,
        device: true,
      });
      db.value.close();
      if (!created.ok) return fail(storage(created.error));
      const listed = await withProfiles((index) =>
        index.add({ id: voteKey, label: name, createdAt, network: null, device: true }),
      );
      if (!listed.ok) return fail(storage(listed.error));
      return ok({ profile: voteKey, request: await requestOf(voteKey, name, signer) });
    },

    async deviceRequestOf(profile) {
      const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
      if (!db.ok) return null;
      const record = await db.value.read();
      db.value.close();
      if (!record.ok || !record.value.device) return null;
      const { bls } = await sharedTools();
      const signer = await signerOf(record.value, bls);
      return signer.ok ? requestOf(record.value.voteKey, record.value.label, signer.value) : null;
    },

    async readDeviceRequest(text) {
      const request = parseDeviceRequest(text);
      if (!request.ok) return fail(request.error);
      const { device, name, signature } = request.value;
      const { ed25519 } = await sharedTools();
      const signed = deviceRequestBytes(device, name);
      if (await ed25519.verify(device as string as VoteKey, signed, signature)) return ok({ device, name });
      return fail(malformed('This request of a device is not signed by its key. Show its code again.'));
    },

    async joinAsDevice(input) {
      const grant = parseDeviceGrant(input.text);
      if (!grant.ok) return fail(grant.error);
      const { certificate, invitation } = grant.value;
      const own = await withProfiles((index) => index.list());
      if (!own.ok) return fail(storage(own.error));
      const profile = own.value.find((one) => one.device && one.id === (certificate.device as string));
      if (!profile) {
        return fail({
          type: 'device-elsewhere',
          message: `This certificate is for the device “${certificate.name}”, whose key is not in this browser. Open it on that device.`,
        });
      }
      const learned = await learn(ask, invitation, profile.id, input.genesisFile);
      if (!learned.ok) return learned;
      const { chain } = learned.value;
      const { ed25519 } = await sharedTools();
      const { members, number } = chain.at(-1)!;
      const of = await certifierIn(certificate, members, ed25519);
      // Of nobody: the place that it names says by whose key it should have been.
      const problem = await deviceProblem(certificate, {
        network: chain[0]!.network,
        members,
        of: of ?? certificate.member,
        ed25519,
        now: Date.now(),
      });
      if (problem !== null) {
        const isOld = of === null && number < (invitation.epoch?.number ?? 0);
        const next = isOld
          ? `The file names the members of epoch ${number}, and they have changed since. Open the text without the file while a member is online.`
          : 'Have the member certify it again.';
        return fail({
          type: 'device-certificate-wrong',
          message: `The certificate of the device “${certificate.name}” does not stand: ${WRONG[problem]}. ${next}`,
        });
      }
      // Its member's invitation is all that a device has: members tell the secret to members' keys.
      const secret = input.genesisFile ? invitedTo(invitation) : await secretOf(learned.value, invitation);
      if (!secret) return fail(secretMissing(invitation.name));
      const bound = await bind(profile.id, learned.value, invitation, secret, encodeDevice(certificate));
      return bound.ok
        ? ok({ profile: profile.id, network: invitation.network, name: chain.at(-1)!.genesis.name })
        : bound;
    },
  };
}

const WRONG = {
  'wrong-network': 'it is for another network than its invitation',
  'unknown-member': 'it names no member of this network',
  'not-yet': 'its time has not come; a clock is wrong',
  'bad-signature': 'no member of this network has signed it with the key that it has now',
} as const;

async function requestOf(
  profile: VoteKey,
  name: string,
  signer: { signEd25519(bytes: Uint8Array): Promise<Uint8Array> },
): Promise<string> {
  const device = profile as string as DeviceKey;
  return formatDeviceRequest({
    device,
    name,
    signature: await signer.signEd25519(deviceRequestBytes(device, name)),
  });
}

const malformed = (message: string): DoorError => ({ type: 'device-text-malformed', message });
