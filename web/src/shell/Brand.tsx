import { Link } from "@tanstack/react-router";
import classes from "./Brand.module.css";

/** The name, which leads home. */
export function Brand() {
  return (
    <Link to="/" className={classes.brand} aria-label="MCPbox, home">
      <img src="/icon.svg" alt="" width={24} height={24} />
      <span>MCPbox</span>
    </Link>
  );
}
