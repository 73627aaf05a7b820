import { Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Brand } from "@/shell/Brand";
import { SchemeSwitch } from "@/shell/SchemeSwitch";
import classes from "./SoloCard.module.css";

/** One thing in the middle of the page, for those who are not logged in. */
export function SoloCard({ title, intro, children, width = 400 }: { title: string; intro?: ReactNode; children: ReactNode; width?: number }) {
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Brand />
        <SchemeSwitch />
      </header>
      <main className={classes.main}>
        <Paper className={classes.card} maw={width}>
          <Stack gap="lg">
            <div>
              <Title order={1} fz={20}>
                {title}
              </Title>
              {intro && (
                <Text c="dimmed" mt={4} component="div">
                  {intro}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
      </main>
    </div>
  );
}
