import inspector from '../ui/locales/ar/inspector.json';
import network from '../ui/locales/ar/network.json';
import parts from '../ui/locales/ar/parts.json';
import seal from '../ui/locales/ar/seal.json';

/** What the inspector says, and what it draws with. */
export default { inspector, network, parts, seal };
