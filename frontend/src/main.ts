import { mount } from "svelte";

import { passwordLink } from "./account/passwordLink.svelte";
import "./app.css";
import App from "./App.svelte";
import { show } from "./app/theme.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");

show();
passwordLink.listen();
mount(App, { target });
