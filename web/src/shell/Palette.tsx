import { Kbd, UnstyledButton } from "@mantine/core";
import { Search } from "lucide-react";
import { lazy, Suspense } from "react";
import { createDisclosure } from "./disclosure";
import classes from "./Palette.module.css";

const load = () => import("./PaletteDialog");
const PaletteDialog = lazy(load);
const wanted = createDisclosure();
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Loads the palette when it is first asked for. */
export function openPalette(): void {
  wanted.open();
  void load().then(({ palette }) => palette.open());
}

/** The way into the palette for those who do not know its key yet. */
export function PaletteButton() {
  return (
    <UnstyledButton className={classes.button} onClick={openPalette} onPointerEnter={() => void load()} aria-label="Search or jump to">
      <Search size={16} aria-hidden="true" />
      <span className={classes.words}>Search or jump to…</span>
      <Kbd className={classes.kbd}>{isMac ? "⌘ K" : "Ctrl K"}</Kbd>
    </UnstyledButton>
  );
}

export function Palette() {
  if (!wanted.useIsOpen()) return null;
  return (
    <Suspense fallback={null}>
      <PaletteDialog />
    </Suspense>
  );
}
