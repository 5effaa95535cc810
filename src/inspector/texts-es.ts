import inspector from '../ui/locales/es/inspector.json';
import network from '../ui/locales/es/network.json';
import parts from '../ui/locales/es/parts.json';
import seal from '../ui/locales/es/seal.json';

/** What the inspector says, and what it draws with. */
export default { inspector, network, parts, seal };
