// The interactive API reference: Swagger UI over our own document, from our own origin.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

import "../app.css";
import "./reference.css";

const dark = matchMedia("(prefers-color-scheme: dark)");

function follow(): void {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dark.addEventListener("change", follow);
follow();

SwaggerUI({
  url: "/schema/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
