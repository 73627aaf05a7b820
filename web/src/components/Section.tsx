import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Section.module.css";

/** A part of a page with a head of its own. */
export function Section({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <Title order={2}>{title}</Title>
        {more}
      </div>
      {children}
    </section>
  );
}
