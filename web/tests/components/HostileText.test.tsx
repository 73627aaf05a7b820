import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { HostileText } from "@/components/HostileText";

it("markup stays text", () => {
  const text = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  const { container } = render(<HostileText text={text} />);
  expect(container.querySelector("img, script")).toBeNull();
  expect(container.textContent).toBe(text);
});

it("says in words what is marked, and how much is left out", () => {
  const { container } = render(<HostileText text={`a\u202eb${"x".repeat(50)}`} limit={10} />);
  expect(container.querySelector("mark")?.textContent).toBe("U+202E (right-to-left override)");
  expect(container.textContent).toContain("and 43 characters more");
});
