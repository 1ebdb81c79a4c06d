// What we use of the bundle, which ships without types.
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Options {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    docExpansion: "list" | "full" | "none";
    displayRequestDuration: boolean;
    tryItOutEnabled: boolean;
    validatorUrl: null;
  }
  export default function SwaggerUI(options: Options): unknown;
}
