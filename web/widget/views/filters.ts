// Search, filters and sorting.
import type { BusinessCase } from "../../.generated/operations";
import { type Attention, PERIODS, type Sort, SORTS } from "../route";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import { isCustomerSession, type View } from "./view";

export function filters(view: View): Markup {
  const { store, format, act } = view;
  const { route, overview } = store;
  const cases = overview.data?.orderSummary?.byBusinessCase ?? [];
  const hint = format.text(isCustomerSession(view) ? "find.hintOfCustomer" : "find.hint");
  return h(
    "form",
    {
      key: "filters",
      class: "filters",
      part: "finder",
      role: "search",
      "aria-label": format.text("find"),
      onsubmit: (event) => {
        event.preventDefault();
        act.navigate({ search: view.typed });
      },
    },
    h(
      "label",
      { key: "search", class: "field search" },
      h("span", {}, format.text("find.search")),
      h(
        "span",
        { class: "box" },
        icon("search"),
        h("input", {
          type: "search",
          name: "search",
          part: "input",
          autocomplete: "off",
          spellcheck: "false",
          maxlength: 100,
          placeholder: hint,
          value: view.typed,
          oninput: (event) => act.typeSearch((event.target as HTMLInputElement).value),
        }),
      ),
    ),
    select(
      "businessCase",
      format.text("find.case"),
      route.businessCase,
      [
        ["", format.text("find.anyCase")],
        ...cases.map(({ businessCase, label }) => [businessCase, label] as const),
      ],
      (value) => act.navigate({ businessCase: value as BusinessCase | "" }),
    ),
    select(
      "period",
      format.text("find.period"),
      route.period,
      [
        ["", format.text("find.anyPeriod")],
        ...PERIODS.map((period) => [period, format.text(`find.period.${period}`)] as const),
        ["custom", format.text("find.period.custom")],
      ],
      (period) => act.navigate({ period }),
    ),
    route.period === "custom" && date(view, "from"),
    route.period === "custom" && date(view, "to"),
    select(
      "attention",
      format.text("find.attention"),
      route.attention,
      [
        ["", format.text("find.anyAttention")],
        ["action", format.text("find.attention.action")],
        ["delayed", format.text("find.attention.delayed")],
      ],
      (value) => act.navigate({ attention: value as Attention | "" }),
    ),
  );
}

/** The select for the sort order of the list. */
export function sorting({ store, format, act }: View): Markup {
  const options = (Object.keys(SORTS) as Sort[]).map(
    (sort) => [sort, format.text(`sort.${sort}`)] as const,
  );
  return select("sort", format.text("sort"), store.route.sort, options, (sort) =>
    act.navigate({ sort: sort as Sort }),
  );
}

function select(
  name: string,
  label: string,
  value: string,
  options: ReadonlyArray<readonly [string, string]>,
  choose: (value: string) => void,
): Markup {
  return h(
    "label",
    { key: name, class: "field" },
    h("span", {}, label),
    h(
      "select",
      {
        name,
        part: "input",
        value,
        onchange: (event) => choose((event.target as HTMLSelectElement).value),
      },
      ...options.map(([option, text]) => h("option", { key: option, value: option }, text)),
    ),
  );
}

function date({ store, format, act }: View, name: "from" | "to"): Child {
  return h(
    "label",
    { key: name, class: "field" },
    h("span", {}, format.text(`find.${name}`)),
    h("input", {
      type: "date",
      name,
      // Without a limit, browsers accept years of six digits.
      max: "9999-12-31",
      part: "input",
      value: store.route[name],
      onchange: (event) => act.navigate({ [name]: (event.target as HTMLInputElement).value }),
    }),
  );
}
