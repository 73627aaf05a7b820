import type { Role } from "@/api/status";

/** What the roles may do, in words. */
export const ROLES: Record<Role, { label: string; about: string }> = {
  viewer: { label: "Viewer", about: "Sees everything but values of secrets; changes nothing." },
  reviewer: { label: "Reviewer", about: "Also decides reviews, tries and calls tools, starts and stops servers." },
  admin: { label: "Admin", about: "Everything: secrets, settings, users, backups." },
};

export const ROLE_CHOICES = Object.entries(ROLES).map(([value, { label }]) => ({ value, label }));
