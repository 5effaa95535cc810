export const SHELL = {
  skip: 'Skip to the page',
  nav: 'Pages',
  pages: {
    announce: 'Announce',
    bench: 'Bench',
    packages: 'Packages',
    network: 'Network',
    settings: 'Settings',
  },
  viewHead: 'Another tab holds the replica;',
  view: 'this one is a live view of it. What you do here is done there. When that tab closes, this one takes over.',
  startingHead: 'Starting.',
  starting: 'Waiting for the database of this identity, or for another tab to hand it over.',
  connecting: 'Opening the network',
  connectingText: 'The replica is reading its database. This takes a moment on first use.',
  notFound: 'There is no such page',
  notFoundText: 'The address names no page of this network. Choose one from the line above.',
} as const;
