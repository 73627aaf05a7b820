import { Anchor, Badge, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { api } from "@/api/client";
import { CodeName } from "@/components/CodeName";
import { MOST, shortName } from "../queries";
import type { Source } from "./words";
import classes from "./Sources.module.css";

/** What was imported from a source; those that wait or are withheld lead to their review. */
export function SourceTools({ source }: { source: Source }) {
  const { data } = api.useSuspenseQuery("get", "/api/reviews", { params: { query: { state: "open", page_size: MOST } } });
  if (source.tools.length === 0) {
    return source.access === "approved" && <Text c="dimmed">Nothing was imported from it yet.</Text>;
  }
  const review = (tool: string) => data.items.find((item) => item.tool === tool)?.id;
  return (
    <ul className={classes.tools} aria-label={`Tools of ${source.name}`}>
      {source.tools.map((tool) => {
        const isWithheld = source.quarantined.includes(tool);
        const waiting = review(tool);
        return (
          <li key={tool} className={classes.tool}>
            <Group gap={8}>
              <Anchor component={Link} to={`/servers/${tool.slice(0, tool.indexOf("__"))}/tools/${shortName(tool)}`}>
                <CodeName>{shortName(tool)}</CodeName>
              </Anchor>
              {isWithheld && (
                <Badge color="warn" leftSection={<TriangleAlert size={13} aria-hidden="true" />}>
                  Withheld
                </Badge>
              )}
            </Group>
            {waiting ? (
              <Anchor component={Link} to={`/approvals/${waiting}`} td="underline" size="sm">
                {isWithheld ? "See what changed" : "Review it"}
              </Anchor>
            ) : (
              isWithheld && (
                <Text size="sm" c="dimmed">
                  the source no longer offers it as it was approved
                </Text>
              )
            )}
          </li>
        );
      })}
    </ul>
  );
}
