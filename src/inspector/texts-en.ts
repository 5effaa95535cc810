import inspector from '../ui/locales/en/inspector.json';
import network from '../ui/locales/en/network.json';
import parts from '../ui/locales/en/parts.json';
import seal from '../ui/locales/en/seal.json';

/** What the inspector says, and what it draws with. */
export default { inspector, network, parts, seal };
