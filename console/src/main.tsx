/** The console's entry: the theme before anything is drawn, then the application. */
import "@cloudflare/kumo/styles/standalone";
import "./styles.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { applyTheme } from "./ui/theme.ts";

applyTheme();
const root = document.querySelector("#root");
if (root !== null) createRoot(root).render(<App />);
