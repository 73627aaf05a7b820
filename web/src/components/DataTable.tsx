import { Button, Checkbox, Group, Paper, Text, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "./DataTable.module.css";
import { count } from "./numbers";

export interface Column<Row> {
  /** Also the head; on small screens the first column is the title of a row and the others follow it. */
  label: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand right. */
  isNumber?: boolean;
  /** Left out below 992 px. */
  isWideOnly?: boolean;
  width?: number | string;
}

interface Props<Row> {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Where a row leads: its first cell is the link, the whole row can be clicked. */
  rowLink?: (row: Row) => { to: string; params?: Record<string, string>; search?: Record<string, unknown> };
  /** What the table lists, for those who do not see it. */
  label: string;
  /** In place of a table without rows. */
  empty: ReactNode;
  /** Rows can be ticked; `label` says what a tick takes. */
  selection?: { keys: ReadonlySet<string>; onToggle: (key: string) => void; label: (row: Row) => string };
  /** All rows there are, and how to turn the page. */
  paging?: { page: number; pages: number; total: number; onPage: (page: number) => void };
  /** Below the rows. */
  footer?: ReactNode;
}

/** A list with a line per thing. Below 576 px each row is a card, so that nothing scrolls sideways. */
export function DataTable<Row>({ rows, columns, rowKey, rowLink, label, empty, selection, paging, footer }: Props<Row>) {
  if (rows.length === 0) return <Paper>{empty}</Paper>;
  return (
    <Paper className={classes.frame}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className={classes.tick} style={{ width: 48 }}>
                <VisuallyHidden>Selected</VisuallyHidden>
              </th>
            )}
            {columns.map((column) => (
              <th key={column.label} scope="col" style={{ width: column.width }} className={cellClass(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={rowLink ? classes.linked : undefined} data-row={rowKey(row)}>
              {selection && (
                <td className={classes.tick}>
                  <Checkbox aria-label={selection.label(row)} checked={selection.keys.has(rowKey(row))} onChange={() => selection.onToggle(rowKey(row))} />
                </td>
              )}
              {columns.map((column, index) => (
                <td key={column.label} className={cellClass(column)} data-label={index === 0 ? undefined : column.label}>
                  {index === 0 && rowLink ? (
                    <Link {...(rowLink(row) as { to: "/" })} className={classes.link}>
                      {column.cell(row)}
                    </Link>
                  ) : (
                    column.cell(row)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {paging && paging.pages > 1 && <Pages {...paging} />}
      {footer}
    </Paper>
  );
}

function cellClass<Row>({ isNumber, isWideOnly }: Column<Row>): string {
  return [isNumber && classes.number, isWideOnly && classes.wide].filter(Boolean).join(" ");
}

function Pages({ page, pages, total, onPage }: NonNullable<Props<never>["paging"]>) {
  return (
    <Group justify="space-between" px="md" py={8} className={classes.pages}>
      <Text size="sm" c="dimmed">
        Page {count(page)} of {count(pages)}, {count(total)} in all
      </Text>
      <Group gap={8}>
        <Button variant="default" disabled={page <= 1} onClick={() => onPage(page - 1)}>
          Newer
        </Button>
        <Button variant="default" disabled={page >= pages} onClick={() => onPage(page + 1)}>
          Older
        </Button>
      </Group>
    </Group>
  );
}
