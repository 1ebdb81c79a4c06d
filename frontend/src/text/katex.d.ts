// What the page uses of KaTeX beyond its published types: the tree it builds before any element is made of it.
import "katex";

declare module "katex" {
  export interface MathBranch {
    type?: string;
    attributes?: Record<string, string>;
    children?: MathBranch[];
    text?: string;
    character?: string | null;
    width?: number;
  }

  export function __renderToDomTree(tex: string, options: KatexOptions): MathBranch;
}
