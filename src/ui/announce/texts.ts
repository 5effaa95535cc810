export const ANNOUNCE = {
  title: 'Announce packages',
  text: 'A package exists in the network once its signed notice is committed. Take in a file that your own system signed, or write and sign a notice here.',
  fileTitle: 'From a signed file',
  fileText:
    'A file with one DSSE envelope, or a JSON list of them, as another tool wrote it. Nothing is sent before you press Announce.',
  choose: 'Choose a file',
  drop: 'or drop it here',
  formTitle: 'Write one notice',
  formText: 'It is signed with this browser’s manifest key, which the network’s directory must name.',
  sign: 'Sign and announce',
  addLine: 'Add a line',
  removeLine: (n: number) => `Remove line ${n}`,
  suggest: 'Suggest a number',
} as const;
