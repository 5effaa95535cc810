/** Cameras by the `camera` of an address: `two`, or the name of what getUserMedia fails with. */
export function fakeCameras(which: string): void {
  const devices = navigator.mediaDevices;
  const listed = ['back', 'front'].map((deviceId) => ({
    kind: 'videoinput',
    deviceId,
    label: `Camera at the ${deviceId}`,
    groupId: '',
  }));
  Object.defineProperty(devices, 'enumerateDevices', { value: async () => listed });
  Object.defineProperty(devices, 'getUserMedia', {
    value: async () => {
      if (which !== 'two') throw new DOMException('', which);
      const [track] = picture().captureStream(4).getVideoTracks();
      Object.assign(track!, {
        getSettings: () => ({ deviceId: 'back' }),
        getCapabilities: () => ({ torch: true }),
        applyConstraints: async () => undefined,
      });
      return new MediaStream([track!]);
    },
  });
}

/** A wall: nothing that a decoder could take for a code. */
function picture(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 480;
  const pen = canvas.getContext('2d')!;
  const paint = (): void => {
    pen.fillStyle = '#7d7568';
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = '#5c554b';
    pen.fillRect(0, 330, 640, 150);
  };
  paint();
  // A stream has a frame only when something is drawn.
  setInterval(paint, 200);
  return canvas;
}
