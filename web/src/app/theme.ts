import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, type VariantColorsResolver } from "@mantine/core";

/** The colours that mean something. Everything else is text, dim or a line. */
export type Tone = "brand" | "ok" | "bad" | "warn" | "gray";

const TONES = new Set<string>(["brand", "ok", "bad", "warn", "gray"]);

const gray: MantineColorsTuple = [
  "#fbf9f6", "#f5f2f0", "#ece8ea", "#e4dfe6", "#cfc9d4", "#a9a3b5", "#8a849c", "#625d7e", "#46415f", "#2f2b45",
];
const dark: MantineColorsTuple = [
  "#e0def4", "#c6c3dd", "#a5a1c0", "#8a86a6", "#3b3652", "#2d2a42", "#211f31", "#191724", "#13111d", "#0e0d16",
];

const tuple = (light: string, darkShade: string): MantineColorsTuple => {
  const shades: string[] = Array.from({ length: 10 }, (_, shade) => (shade < 5 ? darkShade : light));
  return shades as unknown as MantineColorsTuple;
};

/** Every tone in every variant from the tokens, which know light and dark. */
const tones: VariantColorsResolver = ({ color, variant }) => {
  const name = color && TONES.has(color) ? color : "brand";
  const ink = name === "gray" ? "var(--text)" : `var(--${name})`;
  const soft = name === "gray" ? "var(--sunken)" : `var(--${name}-soft)`;
  const hover = name === "gray" ? "var(--dim)" : `var(--${name}-hover)`;
  const none = "1px solid transparent";
  switch (variant) {
    case "filled":
      return { background: ink, hover, color: "var(--on-colour)", border: none };
    case "light":
      return { background: soft, hover: soft, color: ink, border: none };
    case "outline":
      return { background: "transparent", hover: soft, color: ink, border: `1px solid ${name === "gray" ? "var(--line-strong)" : ink}` };
    case "default":
      return { background: "var(--surface)", hover: "var(--sunken)", color: "var(--text)", border: "1px solid var(--line-strong)" };
    default:
      return { background: "transparent", hover: soft, color: name === "gray" ? "var(--dim)" : ink, border: none };
  }
};

// A dialog's head is no banner of the page, although Mantine makes it a header element.
const noBanner = { header: { role: "presentation" } };
const closeButton = { "aria-label": "Close", size: 40 };
const dialogTitle = { fontSize: 16, fontWeight: 600 };

export const theme = createTheme({
  primaryColor: "brand",
  colors: {
    gray,
    dark,
    brand: tuple("#6b4a98", "#c4a7e7"),
    ok: tuple("#276876", "#9ccfd8"),
    bad: tuple("#9c2f52", "#ef8fab"),
    warn: tuple("#71460b", "#f6c177"),
  },
  primaryShade: { light: 6, dark: 4 },
  variantColorResolver: tones,
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "999px" },
  defaultRadius: "sm",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "24px", lineHeight: "1.3" },
      h2: { fontSize: "16px", lineHeight: "1.4" },
      h3: { fontSize: "14px", lineHeight: "1.5" },
    },
  },
  respectReducedMotion: true,
  cursorType: "pointer",
  // By their names alone: what is imported here is loaded with every first page.
  components: {
    ActionIcon: { defaultProps: { size: 40, variant: "subtle", color: "gray" } },
    Alert: { defaultProps: { variant: "light", radius: "md" } },
    Badge: { defaultProps: { variant: "light", radius: "xl", size: "lg" }, styles: { root: { textTransform: "none", fontWeight: 500, letterSpacing: 0, fontSize: 12, overflow: "visible" }, label: { overflow: "visible" } } },
    Button: { defaultProps: { h: 40 }, styles: { label: { fontWeight: 550 } } },
    Drawer: { defaultProps: { position: "right", attributes: noBanner, transitionProps: { duration: 120 }, closeButtonProps: closeButton }, styles: { title: dialogTitle } },
    Input: { styles: { input: { minHeight: 40 } } },
    InputWrapper: { defaultProps: { withAsterisk: false }, styles: { label: { marginBottom: 4 }, description: { marginBottom: 6 }, error: { marginTop: 4 } } },
    Kbd: { styles: { root: { fontWeight: 500, fontSize: 12 } } },
    Modal: { defaultProps: { centered: true, radius: "md", attributes: noBanner, overlayProps: { backgroundOpacity: 0.45 }, transitionProps: { duration: 120 }, closeButtonProps: closeButton }, styles: { title: dialogTitle } },
    NavLink: { styles: { root: { borderRadius: 6, minHeight: 40 } } },
    Paper: { defaultProps: { withBorder: true, radius: "md" } },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: { "aria-label": "Show or hide what is typed" } } },
    SegmentedControl: { defaultProps: { withItemsBorders: false, transitionDuration: 120 }, styles: { label: { minHeight: 32, display: "grid", placeItems: "center" } } },
    Switch: { styles: { track: { border: "1px solid var(--line-strong)" } } },
    Tooltip: { defaultProps: { openDelay: 350, transitionProps: { duration: 100 }, events: { hover: true, focus: true, touch: false } } },
  },
});

const shared = {
  "--mantine-color-body": "var(--surface)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--dim)",
  "--mantine-color-placeholder": "var(--dim)",
  "--mantine-color-anchor": "var(--brand)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--sunken)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--line)",
  "--mantine-color-disabled": "var(--line)",
  "--mantine-color-disabled-color": "var(--dim)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-brand-filled": "var(--brand)",
  "--mantine-color-brand-light": "var(--brand-soft)",
  "--mantine-color-brand-light-hover": "var(--brand-soft)",
  "--mantine-color-brand-light-color": "var(--brand)",
};

/** Mantine's own variables, told in tokens. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { "--input-bd": "var(--line-strong)" },
  light: shared,
  dark: shared,
});
