/** What is read from the system. */
import { describe, expect, it } from 'vitest';
import { unreadIn } from '../../bench/machine.ts';

describe('datagrams that nobody read in time', () => {
  it('are found by their name, whatever stands before it', () => {
    const text = [
      'Tcp: RtoAlgorithm RtoMin InErrs',
      'Tcp: 1 200 5',
      'UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors',
      'UdpLite: 0 0 0 0 12',
      'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors',
      'Udp: 26402680 251848 1600 26659512 1539 7 0',
    ].join('\n');
    expect(unreadIn(text)).toBe(1539);
  });

  it('are none where the system does not tell', () => {
    expect(unreadIn('')).toBe(0);
    expect(unreadIn('Udp: InDatagrams NoPorts\nUdp: 1 2\n')).toBe(0);
  });
});
