/** The exported names of modules, as the compiler sees them. */
import ts from 'typescript';

export interface Exported {
  /** Of what runs. */
  readonly values: readonly string[];
  /** Of what is a type only. */
  readonly types: readonly string[];
}

/** By file, in the order given; each list sorted. `options`: on top of the project's own. */
export function readExports(files: readonly string[], options: ts.CompilerOptions): Exported[] {
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return files.map((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module.`);
    const values: string[] = [];
    const types: string[] = [];
    for (const symbol of checker.getExportsOfModule(module)) {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const isValue = (meant.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(symbol);
      (isValue ? values : types).push(symbol.name);
    }
    return { values: values.sort(), types: types.sort() };
  });
}

/** `export type { … }` of a class leaves its type alone. */
const isTypeOnly = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((declared) => ts.isTypeOnlyExportDeclaration(declared)) ?? false;
