/** Stylesheets that packages bring are imported for their effect alone. */
declare module "@cloudflare/kumo/styles/standalone";
