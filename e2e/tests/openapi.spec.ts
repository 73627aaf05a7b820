import { expect, inspect, signedIn, test } from "../support/test.js";

test.use({ boxOf: "openapi" });

const DOCUMENT = `openapi: 3.1.0
info: {title: Pet hotel API, version: 1.4.0, description: Guests and their rooms.}
servers: [{url: "https://pets.example.com/v2"}]
security: [{key: []}]
paths:
  /pets:
    get:
      operationId: listPets
      summary: Lists the guests.
      parameters:
        - {name: kind, in: query, schema: {type: string, enum: [cat, dog]}}
  /pets/{petId}:
    get:
      operationId: showPet
      deprecated: true
      summary: One guest. <img src=x onerror=alert(1)>
      parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
  /pets/{petId}/photo:
    put:
      parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
      requestBody: {required: true, content: {image/png: {}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Hotel-Key}}}
`;

test("operations of a document are chosen, read as code, and imported as drafts", async ({ page, box }) => {
  await signedIn(page, box, "/servers");
  await page.getByRole("link", { name: "From an OpenAPI document" }).first().click();
  await inspect(page, "openapi-document");
  await page.getByRole("textbox", { name: "The document" }).fill("openapi: 3.1.0\npaths: {/a: {get: [}");
  await page.getByRole("button", { name: "List its operations" }).click();
  await expect(page.getByRole("alert")).toContainText("line");
  await page.getByRole("textbox", { name: "The document" }).fill("https://pets.example.com/openapi.yaml");
  await expect(page.getByText("Nothing is fetched from here")).toBeVisible();
  await expect(page.getByRole("button", { name: "List its operations" })).toBeDisabled();

  await page.getByRole("textbox", { name: "The document" }).fill(DOCUMENT);
  await page.getByRole("button", { name: "List its operations" }).click();
  await expect(page.getByText("only JSON bodies are written")).toBeVisible();
  await expect(page.getByLabel("PUT /pets/{petId}/photo")).toBeDisabled();
  await page.getByRole("button", { name: "Choose all 2" }).click();
  await expect(page.getByLabel("Server", { exact: true })).toHaveValue("pet_hotel");
  await inspect(page, "openapi-choice");

  await page.getByRole("button", { name: "Show the code of 2 tools" }).click();
  await page.getByRole("button", { name: "Show the code of pet_hotel__list_pets" }).click();
  await expect(page.getByText("async def main(").first()).toBeVisible();
  await inspect(page, "openapi-preview");
  await page.getByRole("button", { name: "Import 2 drafts" }).click();
  await expect(page.getByRole("heading", { name: "2 drafts imported" })).toBeVisible();
  await inspect(page, "openapi-imported");
  await page.getByRole("link", { name: "pet_hotel__show_pet" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("show_pet");
});
